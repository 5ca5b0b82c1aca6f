import type { ChatStorage } from './chat-storage.ts';

/** What an upgrade request shows, for {@link App.authorize}. */
export interface UpgradeRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly ip: string;
  /** Who our own check of the credential found; undefined for nobody. */
  readonly userId: string | undefined;
}

/** Who an application says is connecting. Without a user id they stay anonymous, with a name that others see. */
export interface Authorized {
  readonly userId?: string;
  readonly name?: string;
  readonly email?: string;
}

/**
 * What a deployment adds in code: the default export of `app/app.config.ts`, bundled with the functions that use it.
 */
export interface App {
  readonly name: string;
  /**
   * Asked at every upgrade, after our own check of the credential. Null refuses with 401; a throw refuses with 500.
   * @default everybody whose credential holds, or who has none
   */
  readonly authorize?: (request: UpgradeRequest) => Promise<Authorized | null> | Authorized | null;
  /**
   * Keeps every chat message a second time, before anybody hears of it, and answers for history pages over HTTP. What
   * joiners get comes from the room's own log either way.
   * @default none; the table keeps all there is
   */
  readonly chatStorage?: ChatStorage;
}

/** Keeps the types of an application; validated where it is used. */
export function defineApp(app: App): App {
  return app;
}
