import type { Call } from './call.ts';
import { completeUpload } from './complete-upload.ts';
import { copyObject } from './copy.ts';
import { deleteObject, deleteObjects } from './delete.ts';
import { S3Error } from './errors.ts';
import { getObject } from './get.ts';
import { headBucket, listObjects } from './list.ts';
import { abortMultipart, createUpload, listParts, listUploads, uploadPart, uploadPartCopy } from './multipart.ts';
import { postObject } from './post-object.ts';
import { putObject } from './put.ts';
import type { Operation } from './store.ts';
import { deleteTagging, getTagging, putTagging } from './tagging.ts';

/** The operation of a request. S3 determines it by the method, a word in the query, and a header. */

type Selector = `${'bucket' | 'object'} ${string}`;

/** `<what> <method>[ <word in the query>][ copy]` */
const operations: Readonly<Record<Selector, Operation>> = {
  'bucket GET': listObjects,
  'bucket HEAD': headBucket,
  'bucket POST': postObject,
  'bucket POST delete': deleteObjects,
  'bucket GET uploads': listUploads,
  'object GET': getObject,
  'object HEAD': getObject,
  'object PUT': putObject,
  'object PUT copy': copyObject,
  'object DELETE': deleteObject,
  'object GET tagging': getTagging,
  'object PUT tagging': putTagging,
  'object DELETE tagging': deleteTagging,
  'object POST uploads': createUpload,
  'object PUT uploadId': uploadPart,
  'object PUT uploadId copy': uploadPartCopy,
  'object POST uploadId': completeUpload,
  'object DELETE uploadId': abortMultipart,
  'object GET uploadId': listParts,
};

/** Words in the query that select another operation: first those implemented here, then those that only S3 has. */
const words = [
  'delete uploads uploadId tagging',
  'accelerate acl analytics attributes cors encryption intelligent-tiering inventory legal-hold lifecycle location logging',
  'metrics notification object-lock ownershipControls policy policyStatus publicAccessBlock replication requestPayment',
  'restore retention select torrent versionId versioning versions website',
].flatMap((line) => line.split(' '));

/** @throws S3Error NotImplemented, MethodNotAllowed */
export function operationOf(call: Call): Operation {
  const what = call.key === '' ? 'bucket' : 'object';
  const word = words.find((each) => call.query.has(each));
  const isCopy = call.method === 'PUT' && what === 'object' && call.headers['x-amz-copy-source'] !== undefined;
  const selector: Selector = `${what} ${[call.method, word, isCopy && 'copy'].filter(Boolean).join(' ')}`;
  const operation = Object.hasOwn(operations, selector) ? operations[selector] : undefined;
  if (operation) return operation;
  if (word === undefined && what === 'object') {
    throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.', {
      Method: call.method,
    });
  }
  throw new S3Error(
    'NotImplemented',
    `The local object store has no ${selector}: buckets and their settings come from the template.`,
  );
}
