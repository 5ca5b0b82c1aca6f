import type { BucketDefinition } from '../functions/core/bucket-definition.ts';

/** The buckets of the example. Clients and tests rely on their names and shapes. */
export const buckets: Readonly<Record<string, BucketDefinition>> = {
  users: {
    key: 'id',
    schema: {
      id: { type: 'string', generated: 'uuid' },
      name: { type: 'string', required: true },
      role: { type: 'string', default: 'user' },
      email: { type: 'string', format: 'email', unique: true },
      credits: { type: 'number', default: 0, min: 0 },
    },
    indexes: ['role'],
  },
  logs: {
    key: 'id',
    schema: {
      id: { type: 'string', generated: 'uuid' },
      action: { type: 'string', required: true },
      userId: { type: 'string' },
      at: { type: 'number', generated: 'timestamp' },
    },
    indexes: ['userId'],
  },
  products: {
    key: 'id',
    schema: {
      id: { type: 'string', generated: 'uuid' },
      title: { type: 'string', required: true },
      price: { type: 'number', default: 0, min: 0 },
      stock: { type: 'number', default: 0 },
      category: { type: 'string', default: 'general' },
      tags: { type: 'array', items: { type: 'string' } },
    },
    indexes: ['category'],
  },
  tasks: {
    key: 'id',
    schema: {
      id: { type: 'number', generated: 'autoincrement' },
      title: { type: 'string', required: true, minLength: 1, maxLength: 80 },
      status: { type: 'string', enum: ['todo', 'doing', 'done'], default: 'todo' },
      priority: { type: 'number', min: 1, max: 5, default: 3 },
      done: { type: 'boolean', default: false },
      due: { type: 'string', format: 'iso-date' },
      link: { type: 'string', format: 'url' },
      code: { type: 'string', pattern: '^[A-Z]{3}-[0-9]+$' },
      labels: { type: 'array', items: { type: 'string', maxLength: 10 } },
      meta: {
        type: 'object',
        properties: {
          color: { type: 'string', enum: ['red', 'green'] },
          size: { type: 'number', required: true },
        },
      },
    },
    indexes: ['status'],
  },
  counters: {
    key: 'name',
    schema: { name: { type: 'string', required: true }, value: { type: 'number', default: 0 } },
  },
  claims: {
    key: 'id',
    schema: { id: { type: 'string', required: true }, owner: { type: 'string' } },
  },
  scores: {
    key: 'rank',
    schema: { rank: { type: 'number', required: true }, player: { type: 'string' } },
    etsType: 'ordered_set',
  },
  recent: {
    key: 'id',
    schema: { id: { type: 'string', generated: 'uuid' }, text: { type: 'string' } },
    maxSize: 5,
  },
  presence: {
    key: 'id',
    schema: { id: { type: 'string', required: true }, room: { type: 'string' }, state: { type: 'string' } },
    ttl: '1s',
    indexes: ['room'],
  },
  comments: {
    key: 'id',
    schema: {
      id: { type: 'string', generated: 'uuid' },
      userId: { type: 'string', required: true, ref: 'users', onDelete: 'cascade' },
      text: { type: 'string', required: true },
    },
    indexes: ['userId'],
  },
  vault: {
    key: 'id',
    schema: { id: { type: 'string', generated: 'uuid' }, secret: { type: 'string' } },
  },
};
