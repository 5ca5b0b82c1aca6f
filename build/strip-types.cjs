// jest transform: Node's own type stripping, so that tests run the files as node does and keep their line numbers.
const { stripTypeScriptTypes } = require('node:module');
module.exports = { process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }) };
