/** The full screen with all that it needs, which is loaded only now: other ways to use lvmedic start without it. */
export async function loadScreen(): Promise<typeof import('./show-screen.tsx')> {
  // The bundle lays the layout engine's start in our hands (scripts/build/plugins.ts).
  const yoga: object = await import('yoga-layout');
  if ('initYoga' in yoga && typeof yoga.initYoga === 'function') await yoga.initYoga();
  return import('./show-screen.tsx');
}
