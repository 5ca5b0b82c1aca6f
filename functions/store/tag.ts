import type { Ports } from '../core/ports.ts';

/** Marks one state of a row: 96 random bits. */
export const newTag = ({ ids }: Pick<Ports, 'ids'>): string => Buffer.from(ids.bytes(12)).toString('base64url');
