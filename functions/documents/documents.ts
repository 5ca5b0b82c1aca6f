import { updatesOf } from '../branches/reading.ts';
import { entriesOf } from '../core/channel/kept.ts';
import { versionsBefore } from '../core/channel/versions.ts';
import { implement } from '../core/implement.ts';
import { botsIn } from './bots.ts';
import { documentsContract } from './contract.ts';
import { mergeUpdates } from './merge.ts';
import { openDocument } from './open-document.ts';
import { restore } from './restore.ts';
import { documentAt } from './versions.ts';

const pageVersions = 50;

/** Strongly consistent reads of shared documents, for callers that do not watch them. */
export const documents = implement('documents', documentsContract, {
  async getInstData(ports, caller, place) {
    const document = await openDocument(ports, caller, place, ['read']);
    const entries = document?.kept ? entriesOf(document.kept) : [];
    return { data: botData(entries.flatMap(({ body }) => updatesOf(body))) };
  },

  async listInstVersions(ports, caller, { version: before = Number.MAX_SAFE_INTEGER, ...place }) {
    const document = await openDocument(ports, caller, place, ['read']);
    if (!document?.kept) return { versions: [] };
    const versions = await versionsBefore(ports, document.channel, document.kept, before, pageVersions);
    return {
      versions: versions.map(({ sequence, at, bytes }) => ({ version: sequence, timeMs: at, sizeInBytes: bytes })),
    };
  },

  async getInstVersion(ports, caller, { version, ...place }) {
    const document = await openDocument(ports, caller, place, ['read']);
    const { at, updates } = await documentAt(ports, document, version);
    return { version, timeMs: at, updates: mergeUpdates(updates), data: botData(updates) };
  },

  async restoreInstVersion(ports, caller, { version, ...place }) {
    const document = await openDocument(ports, caller, place, ['read', 'updateData']);
    return { version: await restore(ports, document, version) };
  },
});

function botData(updates: readonly string[]) {
  return { version: 1 as const, state: botsIn(updates) };
}
