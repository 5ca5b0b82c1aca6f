/** A statement's parameter placeholders, counted from a number. */
type Places = (count: number, from?: number) => string[];

const numbered: Places = (count, from = 1) => Array.from({ length: count }, (_, at) => `$${from + at}`);
const questionMarks: Places = (count) => Array.from({ length: count }, () => '?');

const spellings = {
  postgres: {
    places: numbered,
    counter: 'BIGSERIAL PRIMARY KEY',
    hash: 'CHAR(64)',
    text: 'TEXT',
    short: 'VARCHAR(36)',
    indexed: 'CREATE INDEX IF NOT EXISTS',
    ignore: ['INSERT', 'ON CONFLICT DO NOTHING'],
    upsert: upsertBy('EXCLUDED'),
  },
  sqlite: {
    places: questionMarks,
    counter: 'INTEGER PRIMARY KEY AUTOINCREMENT',
    hash: 'TEXT',
    text: 'TEXT',
    short: 'TEXT',
    indexed: 'CREATE INDEX IF NOT EXISTS',
    ignore: ['INSERT', 'ON CONFLICT DO NOTHING'],
    upsert: upsertBy('excluded'),
  },
  mysql: {
    places: questionMarks,
    counter: 'BIGINT AUTO_INCREMENT PRIMARY KEY',
    hash: 'CHAR(64) CHARACTER SET ascii COLLATE ascii_bin',
    text: 'LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    short: 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin',
    // MySQL has no such statement: the table's definition includes the index.
    indexed: undefined,
    ignore: ['INSERT IGNORE', ''],
    // MySQL applies assignments from left to right, so the version that they compare must change last.
    upsert: (_: string, columns: readonly string[]) =>
      `ON DUPLICATE KEY UPDATE ${[...columns.filter((one) => one !== 'version'), 'version']
        .map((one) => `${one} = IF(VALUES(version) > version, VALUES(${one}), ${one})`)
        .join(', ')}`,
  },
} as const;

function upsertBy(given: string) {
  return (table: string, columns: readonly string[]) =>
    `ON CONFLICT (key_hash) DO UPDATE SET ${columns.map((one) => `${one} = ${given}.${one}`).join(', ')} WHERE ${table}.version < ${given}.version`;
}

/** The SQL statements in a database's own dialect. A row without a hash is a deleted node. */
export function nodeStatements(dialect: keyof typeof spellings, table: string) {
  const words = spellings[dialect];
  const numbers = `${table}_numbers`;
  const [insert, unlessThere] = words.ignore;
  const places = (count: number) => words.places(count).join(', ');
  const place = (index: number) => words.places(1, index)[0] ?? '';
  const columns = ['node_key', 'version', 'hash', 'updated_at', 'payload'];
  const index = words.indexed === undefined ? ', INDEX (version)' : '';
  return {
    make: [
      `CREATE TABLE IF NOT EXISTS ${table} (key_hash ${words.hash} NOT NULL PRIMARY KEY, node_key ${words.text} NOT NULL, version BIGINT NOT NULL, hash ${words.text}, updated_at BIGINT NOT NULL, payload ${words.text}, hints BIGINT NOT NULL DEFAULT 0${index})`,
      ...(words.indexed === undefined ? [] : [`${words.indexed} ${table}_version ON ${table} (version)`]),
      `CREATE TABLE IF NOT EXISTS ${numbers} (number ${words.counter}, ticket ${words.short} NOT NULL UNIQUE)`,
    ],
    takeNumber: `INSERT INTO ${numbers} (ticket) VALUES (${place(1)})`,
    numberOf: `SELECT number FROM ${numbers} WHERE ticket = ${place(1)}`,
    forgetNumbers: `DELETE FROM ${numbers} WHERE number < ${place(1)}`,
    startAbove:
      dialect === 'postgres'
        ? `WITH moved AS (SELECT setval(pg_get_serial_sequence('${numbers}', 'number'), GREATEST($1, (SELECT COALESCE(MAX(number), 1) FROM ${numbers}))) AS number) INSERT INTO ${numbers} (number, ticket) SELECT $1, $2 WHERE EXISTS (SELECT 1 FROM moved) ON CONFLICT DO NOTHING`
        : `${insert} INTO ${numbers} (number, ticket) VALUES (${places(2)}) ${unlessThere}`,
    put: `INSERT INTO ${table} (key_hash, ${columns.join(', ')}) VALUES (${places(columns.length + 1)}) ${words.upsert(table, columns)}`,
    find: (count: number) => `SELECT * FROM ${table} WHERE hash IS NOT NULL AND key_hash IN (${places(count)})`,
    hint: (count: number) =>
      `UPDATE ${table} SET hints = hints + 1 WHERE hash IS NOT NULL AND key_hash IN (${places(count)})`,
    sequence: `SELECT COALESCE(MAX(number), 0) AS number FROM ${numbers}`,
    // The limit is written into the statement itself, because MySQL's prepared statements accept no parameter there.
    since: (limit: number) =>
      `SELECT * FROM ${table} WHERE hash IS NOT NULL AND version > ${place(1)} ORDER BY version LIMIT ${Math.trunc(limit)}`,
    bury: `UPDATE ${table} SET version = ${place(1)}, hash = NULL, payload = NULL, updated_at = ${place(2)}, hints = 0 WHERE key_hash = ${place(3)} AND version < ${place(4)}`,
    forgetBuried: `DELETE FROM ${table} WHERE hash IS NULL AND updated_at < ${place(1)}`,
  };
}
