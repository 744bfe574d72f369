/** True where a disk has neither a serial number nor anything else of its own: what is on it must tell which it is. */
export const isOnlyAName = (identity: string): boolean => identity.startsWith('device /');
