import { privacyFeaturesOf } from '../auth/privacy-features.ts';
import type { Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { untilSettled } from '../records/settle.ts';
import { putPublic, readInst } from './inst-store.ts';
import { endOf } from './lifetime.ts';
import type { OpenInst, Wish } from './open-inst.ts';
import { openedAs } from './opened-as.ts';

/** Opens a public inst. Everyone has access, unless the user's age or the deployment's settings forbid it. */
export async function openPublic(
  ports: Ports,
  identity: Identity | undefined,
  name: string,
  { actions, create }: Wish,
): Promise<OpenInst | undefined> {
  await refuse(ports, identity, name, actions[0] ?? 'read');
  return untilSettled(async () => {
    const now = ports.clock.now();
    const found = await readInst(ports, { recordName: null, inst: name });
    if (found && (found.expiresAt === null || found.expiresAt > now)) return { answer: openedAs(found) };
    if (!create) return { answer: undefined };
    const made = {
      ...{ recordName: null, inst: name, generation: ports.ids.uuid(), markers: [] },
      ...{ expiresAt: endOf(ports.settings, now), updated: false, isLeaving: false },
    };
    return (await putPublic(ports, made, found)) === 'done' ? { answer: openedAs(made) } : undefined;
  });
}

/** @throws Failure `not_logged_in`, or `not_authorized` with the reason */
async function refuse(ports: Ports, identity: Identity | undefined, name: string, action: string): Promise<void> {
  if (ports.settings.publicInsts === false) {
    throw new Failure('not_authorized', 'There are no public insts here.');
  }
  if (!identity && !ports.settings.anonymous.has('insts')) {
    throw new Failure('not_logged_in', 'You have to be signed in for this; no credential was given.');
  }
  const { allowPublicInsts } = await privacyFeaturesOf(ports, identity?.userId);
  if (allowPublicInsts) return;
  throw new Failure('not_authorized', 'You are not authorized to perform this action.', {
    reason: {
      type: 'disabled_privacy_feature',
      privacyFeature: 'allowPublicInsts',
      recordName: null,
      subjectType: 'user',
      subjectId: identity?.userId ?? null,
      resourceKind: 'inst',
      resourceId: name,
      action,
    },
  });
}
