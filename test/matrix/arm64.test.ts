import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arm64Platform, QEMU_ARM64 } from '../../vm-harness/guest/arm64.ts';
import {
  type GuestRun,
  type GuestStep,
  guestUnavailable,
  runOneShot,
} from '../../vm-harness/guest/one-shot.ts';
import { outputOf } from '../../vm-harness/guest/output-of.ts';
import { removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { VG } from '../../vm-harness/lab/layouts.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { openFaults, type ProductResult, type ProductRun, runProduct } from '../../vm-harness/lab/product.ts';
import type { LabWorld } from '../../vm-harness/lab/world.ts';
import { recipes } from '../../vm-harness/recipes/incidents.ts';
import { resultOfStep, stepOf } from '../vm/guest-steps.ts';

const needed = [QEMU_ARM64, 'aarch64-linux-gnu-gcc'].find(
  (tool) => outputOf('sh', ['-c', `command -v ${tool}`]) === null,
);
const unavailable = needed === undefined ? guestUnavailable() : `needs ${needed}`;
if (unavailable !== null)
  console.warn(`SKIPPED: the program for arm64 on its processor, for it ${unavailable}.`);

const incident = 'incident/a1-archive';
const program = 'dist/lvmedic-arm64';
/** Of ELF for 64-bit ARM. */
const machineArm64 = 183;

/** The bytes of the disks in the guest must be those here, or the findings would be of something else. */
const SCRIPT = `
bytes() { for disk in $DISKS; do echo "$disk $(sha256sum < /dev/disk/by-id/virtio-$disk)"; done; }
targets() { for disk in $DISKS; do echo /dev/disk/by-id/virtio-$disk; done; }
step bytes-before bytes
step machine uname -m
step version lvmedic --version
step diagnose lvmedic diagnose --json $(targets)
step bytes-after bytes
step repair lvmedic repair --unattended --json --state-dir /state $(targets)
step active lvm vgchange -ay ${VG}
`;

describe.skipIf(unavailable !== null)('the program for arm64, on its processor', () => {
  let world: LabWorld;
  let guest: GuestRun;
  let here: ProductRun;
  let before: Record<string, string>;

  beforeAll(async () => {
    const built = spawnSync(process.execPath, ['scripts/build.ts', '--arch', 'arm64'], { encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`${built.stdout}${built.stderr}`);
    const recipe = recipes.find(({ id }) => id === incident);
    if (recipe === undefined) throw new Error(`there is no recipe ${incident}`);
    world = prepare(recipe);
    before = world.fingerprint();
    here = runProduct(world, ['diagnose', ...world.imageTargets()]);
    guest = await runOneShot({
      name: 'arm64',
      timeoutSeconds: 400,
      platform: await arm64Platform(),
      disks: world.present().map((name) => ({ name, image: world.image(name) })),
      files: [
        { path: 'usr/bin/lvmedic', content: readFileSync(program), executable: true },
        ...(['backup', 'archive'] as const).flatMap((folder) =>
          world.files(folder, VG).map((file) => ({
            path: `etc/lvm/${folder}/${basename(file)}`,
            content: readFileSync(file),
          })),
        ),
      ],
      script: `DISKS='${world.present().join(' ')}'\n${SCRIPT}`,
    });
  });
  afterAll(() => {
    world?.dispose();
    removeTemporaryFolders();
  });

  const step = (name: string): GuestStep => stepOf(guest, name);
  const resultOf = (name: string): ProductResult => resultOfStep(guest, name);

  test('is a static program for that processor', () => {
    const header = readFileSync(program).subarray(0, 64);
    expect(header.readUInt16LE(18)).toBe(machineArm64);
    expect(outputOf('readelf', ['-lW', program])?.toString()).not.toMatch(/INTERP|DYNAMIC/);
    expect(step('machine').output.trim()).toBe('aarch64');
  });

  test('starts from an initramfs that holds nothing for it, and is the same version', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const { status, output } = step('version');
    expect(status, output).toBe(0);
    expect(output).toContain(version);
  });

  test('finds in the same bytes what the program for amd64 finds, and writes none', () => {
    const bytes = step('bytes-before').output;
    for (const [name, sha256] of Object.entries(before)) expect(bytes).toContain(`${name} ${sha256}`);
    const { status, output } = step('diagnose');
    expect(here.result.findings.length, here.transcript).toBeGreaterThan(0);
    expect(comparable(resultOf('diagnose'))).toEqual(comparable(here.result));
    expect(status, output).toBe(here.status);
    expect(step('bytes-after').output).toBe(bytes);
  });

  test('repairs it with the lvm of that processor, and the program for amd64 finds all well then', () => {
    const { status, output } = step('repair');
    expect(resultOf('repair').outcome, output).toBe('repaired');
    expect(status, output).toBe(1);
    expect(step('active').status, step('active').output).toBe(0);
    const after = runProduct(world, ['diagnose', ...world.imageTargets()]);
    expect(openFaults(after.result), after.transcript).toEqual([]);
  });

  /** Disks by their names in the world; without the command lines of lvm, whose versions differ. */
  function comparable(result: ProductResult): unknown {
    const ofLvm = ['steps'];
    let text = JSON.stringify(result, (key, value: unknown) => (ofLvm.includes(key) ? undefined : value));
    for (const [index, name] of world.present().entries()) {
      const letter = String.fromCharCode('a'.charCodeAt(0) + index);
      for (const path of [world.image(name), `/dev/disk/by-id/virtio-${name}`, `/dev/vd${letter}`])
        text = text.replaceAll(path, `<${name}>`);
    }
    return JSON.parse(text);
  }
});
