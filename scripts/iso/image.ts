import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runIsolated } from '../../vm-harness/guest/child.ts';
import { type CpioEntry, cpio } from '../../vm-harness/guest/cpio.ts';
import { toolsTree } from './packages.ts';

/** Not LVMEDIC, which is the label of the medium that records go to. */
const VOLUME_ID = 'LVMEDIC_RESCUE';

export interface ImageParts {
  /** What `debianPart` made. */
  readonly debian: string;
  readonly program: string;
  /** Of the program: starting it only to ask for that takes seconds on a slow machine. */
  readonly version: string;
  /** `initramfs/iso`. */
  readonly ours: string;
  readonly epochSeconds: number;
  /** An empty folder on a real disk. */
  readonly work: string;
}

/** Writes the image, for BIOS and UEFI, for CD and USB stick; the same parts give the same bytes. */
export async function writeImage(parts: ImageParts, output: string): Promise<void> {
  const { debian, ours, epochSeconds, work } = parts;
  const image = join(work, 'image');
  for (const folder of ['boot/grub', '.disk']) mkdirSync(join(image, folder), { recursive: true });
  for (const file of ['vmlinuz', 'debian.img']) copyFileSync(join(debian, file), join(image, 'boot', file));
  writeFileSync(join(image, 'boot/lvmedic.img'), ourArchive(parts));
  copyFileSync(join(ours, 'grub.cfg'), join(image, 'boot/grub/grub.cfg'));
  copyFileSync(join(debian, 'bios.img'), join(image, 'boot/grub/bios.img'));
  // The first is what Debian's GRUB for UEFI looks for, the second what ours for BIOS looks for.
  for (const name of ['info', 'lvmedic-rescue'])
    writeFileSync(join(image, '.disk', name), 'lvmedic rescue\n');
  // For sticks that are made by copying files.
  cpSync(join(debian, 'efi/EFI'), join(image, 'EFI'), { recursive: true });
  const tools = await toolsTree();
  await runIsolated(WRITE, {
    ...{ TOOLS_TAR: join(tools.folder, 'tools.tar'), WORK: work, OUTPUT: output, VOLUME_ID },
    ...{ EFI: join(debian, 'efi.img'), HYBRID: join(debian, 'hybrid.img') },
    SOURCE_DATE_EPOCH: `${epochSeconds}`,
  });
}

/** The second initramfs: the first process, and what lies on top of Debian's files. */
function ourArchive({ ours, program, version }: ImageParts): Buffer {
  const root = join(ours, 'root');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .sort()
    .filter((path) => statSync(join(root, path)).isFile());
  const entry = (path: string, file: string): CpioEntry => ({
    path,
    content: readFileSync(file),
    executable: (statSync(file).mode & 0o100) !== 0,
  });
  return cpio([
    entry('init', join(ours, 'early-init')),
    ...files.map((path) => entry(`product/${path}`, join(root, path))),
    entry('product/usr/bin/lvmedic', program),
    { path: 'product/usr/lib/lvmedic-iso/version', content: `${version}\n` },
  ]);
}

const WRITE = `
mkdir -p "$WORK/tools/mnt"
tar -C "$WORK/tools" -xf "$TOOLS_TAR"
cp "$EFI" "$WORK/efi.img"
cp "$HYBRID" "$WORK/hybrid.img"
find "$WORK/image" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
mount --bind "$WORK" "$WORK/tools/mnt"
chroot "$WORK/tools" xorriso -report_about WARNING -as mkisofs -quiet -r -V "$VOLUME_ID" -o /mnt/out.iso \\
  --grub2-mbr /mnt/hybrid.img -partition_offset 16 -appended_part_as_gpt \\
  -append_partition 2 c12a7328-f81f-11d2-ba4b-00a0c93ec93b /mnt/efi.img \\
  -c /boot/boot.cat -b /boot/grub/bios.img -no-emul-boot -boot-load-size 4 -boot-info-table --grub2-boot-info \\
  -eltorito-alt-boot -e --interval:appended_partition_2:all:: -no-emul-boot \\
  /mnt/image
umount "$WORK/tools/mnt"
mv "$WORK/out.iso" "$OUTPUT"
`;
