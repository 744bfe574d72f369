import { render } from 'ink';
import type { LiveSession } from '../../session/live.ts';
import { ASCII, UNICODE } from './layout.ts';
import { Screen } from './screen.tsx';

export interface ScreenOptions {
  /** Terminals that have a second screen get it, and their scrollback stays as it was. */
  readonly alternateScreen: boolean;
  readonly unicode: boolean;
  readonly colours: boolean;
}

/** Few enough for a serial line at 9600 baud, which takes a quarter of a second for a changed line or two. */
const FRAMES_PER_SECOND = 4;
/** After the frame that a resize brings. */
const RESIZED_MS = 400;
const CLEAR = '\x1b[2J\x1b[H';

/** Shows a session until it is left. The terminal is then as it was before. */
export async function showScreen(live: LiveSession, options: ScreenOptions): Promise<void> {
  const look = {
    charset: options.unicode ? UNICODE : ASCII,
    palette: options.colours ? ('colours' as const) : ('none' as const),
  };
  const screen = () => <Screen live={live} look={look} drawAnew={drawAnew} />;
  const app = render(screen(), {
    exitOnCtrlC: false,
    patchConsole: false,
    interactive: true,
    incrementalRendering: true,
    maxFps: FRAMES_PER_SECOND,
    alternateScreen: options.alternateScreen,
  });
  function drawAnew(): void {
    app.clear();
    process.stdout.write(CLEAR);
    app.rerender(screen());
  }
  // In a window of another size the terminal has broken the old lines, and the first new frame with them.
  let timer: NodeJS.Timeout | undefined;
  const onResize = () => {
    clearTimeout(timer);
    timer = setTimeout(drawAnew, RESIZED_MS);
  };
  process.stdout.on('resize', onResize);
  // The survey keeps the program busy: what is under way stands on the screen before it begins.
  live.beforeEffect = () => app.waitUntilRenderFlush();
  const gone = app.waitUntilExit();
  try {
    live.start();
    await Promise.race([live.ended, gone]);
    // The screen failed: what is under way must not go on unseen.
    if (live.state.kind !== 'left') live.leave();
    await live.ended;
  } finally {
    clearTimeout(timer);
    process.stdout.off('resize', onResize);
    app.unmount();
    await gone;
  }
}
