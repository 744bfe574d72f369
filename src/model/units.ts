/** Bytes as people read sizes: `512 B`, `1.0 MiB`, `40 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  const text = unit === 0 || size >= 10 ? size.toFixed(0) : size.toFixed(1);
  return `${text} ${units[unit]}`;
}

/** A 32-bit checksum as people write it: `0x0badc0de`. */
export const hex32 = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;
