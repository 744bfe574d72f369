import type { Plugin } from 'esbuild';

/**
 * What the bundle needs changed in other people's packages, one plugin per file of this folder.
 * A plugin throws when the text that it replaces is not found: a silent miss would only show in a guest.
 */
export const plugins: Plugin[] = [];
