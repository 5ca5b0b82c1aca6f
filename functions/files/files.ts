import { implement } from '../core/implement.ts';
import { eraseFile, updateFile } from './change-files.ts';
import { filesContract } from './contract.ts';
import { getFile, listFiles } from './read-files.ts';
import { recordFile } from './record-file.ts';

/** Which function fulfils which operation. */
export const files = implement('files', filesContract, { recordFile, getFile, listFiles, updateFile, eraseFile });
