/** The identity of a disk of which nothing is known but how this boot calls it. */
export const nameAsIdentity = (node: string): string => `device ${node}`;

/**
 * True when a disk's identity does not tell it from another: a virtio disk without a serial, for one. After the next
 * boot, or with one disk more, the same words may mean another disk.
 */
export const isOnlyAName = (identity: string): boolean => identity.startsWith('device /');
