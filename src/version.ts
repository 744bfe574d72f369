/** Replaced by scripts/build.ts with package.json's version; absent when the sources run unbundled. */
declare const LVMEDIC_VERSION: string | undefined;

export const version = typeof LVMEDIC_VERSION === 'string' ? LVMEDIC_VERSION : '0.0.0-dev';
