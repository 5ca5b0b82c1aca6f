import { type Answer, xmlAnswer } from './answer.ts';
import { type ChecksumAlgorithm, checksumAlgorithms, checksumHeader, demandWellFormed, hasherOf } from './checksums.ts';
import { S3Error } from './errors.ts';
import { type Form, readForm } from './form-data.ts';
import { parseTagSet, readSettings } from './object-settings.ts';
import { demandPolicy, type SizeRange } from './post-policy.ts';
import { demandWrite } from './put.ts';
import { type Body, bodyOf, MAX_OBJECT_BYTES, receiveBlob } from './receive.ts';
import type { AuthenticatedCall, Operation } from './store.ts';
import { xmlDocument } from './xml.ts';

/** POST of an HTML form to a bucket: the signed policy says what any holder of the form may upload. */

/** The maximum size of the form's own fields, in addition to the file. */
const MAX_FORM_BYTES = MAX_OBJECT_BYTES + 64 * 1024;

export const postObject: Operation = async (store, formCall) => {
  const { bucket } = formCall;
  const form = await readForm(formCall.headers['content-type'] ?? '', bodyOf(formCall, MAX_FORM_BYTES).chunks);
  const key = form.fields.get('key')?.replaceAll('${' + 'filename}', form.fileName);
  if (!key) throw new S3Error('InvalidArgument', "Bucket POST must contain a field named 'key'.");
  if (Buffer.byteLength(key) > 1024) throw new S3Error('KeyTooLongError', 'Your key is too long');

  const caller = store.authenticateForm(form.fields);
  const policy = form.fields.get('policy');
  const fields = new Map([...form.fields, ['key', key], ['bucket', bucket.part.name]]);
  const sizes = policy === undefined ? undefined : demandPolicy(policy, fields, store.nowMs());
  const call = { ...formCall, caller, key };
  const settings = formSettings(form);
  demandWrite(store, call, settings);

  const { blob, size, md5 } = await receiveBlob(bucket, fileBody(form, sizes));
  bucket.commit({ key, blob, size, etag: md5, modifiedAtMs: store.nowMs(), ...settings });
  store.announce({ call, key, name: 'ObjectCreated:Post', object: { size, etag: md5 } });
  return posted(form, call, md5);
};

function formSettings({ fields }: Form) {
  const metadata = [...fields].filter(([name]) => name.startsWith('x-amz-meta-'));
  const tagging = fields.get('tagging');
  return readSettings((name) => fields.get(name), metadata, tagging === undefined ? {} : parseTagSet(tagging));
}

/** Checks only the file: against the policy's range of sizes, and against a checksum field if there is one. */
function fileBody(form: Form, sizes: SizeRange | undefined): Body {
  const max = Math.min(sizes?.max ?? MAX_OBJECT_BYTES, MAX_OBJECT_BYTES);
  const announced = checksumAlgorithms.flatMap((algorithm): [ChecksumAlgorithm, string][] => {
    const value = form.fields.get(checksumHeader(algorithm));
    if (value === undefined) return [];
    demandWellFormed(algorithm, value);
    return [[algorithm, value]];
  });
  const md5 = hasherOf('md5');
  const own = announced.map(([algorithm, value]) => ({ hasher: hasherOf(algorithm), algorithm, value }));
  let size = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of form.file) {
      size += chunk.length;
      if (size > max)
        throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
          MaxSizeAllowed: String(max),
        });
      for (const hasher of [md5, ...own.map((each) => each.hasher)]) hasher.update(chunk);
      yield chunk;
    }
  }
  return {
    chunks: counted(),
    finish() {
      if (size < (sizes?.min ?? 0)) {
        throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
          MinSizeAllowed: String(sizes?.min),
        });
      }
      const wrong = own.find(({ hasher, value }) => hasher.digest().toString('base64') !== value);
      if (wrong)
        throw new S3Error(
          'BadDigest',
          `The ${wrong.algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
        );
      return { size, md5: md5.digest().toString('hex') };
    },
  };
}

/** 204 without a body, or the answer that the form requests. */
function posted({ fields }: Form, call: AuthenticatedCall, md5: string): Answer {
  const etag = `"${md5}"`;
  const path = call.key.split('/').map(encodeURIComponent).join('/');
  const location = `http://${call.headers.host ?? ''}${(call.url.split('?', 1)[0] ?? '').replace(/\/$/, '')}/${path}`;
  const redirect = fields.get('success_action_redirect');
  if (redirect !== undefined && URL.canParse(redirect)) {
    const target = new URL(redirect);
    for (const [name, value] of Object.entries({ bucket: call.bucket.part.name, key: call.key, etag }))
      target.searchParams.append(name, value);
    return { status: 303, headers: { location: target.href, etag } };
  }
  const status = fields.get('success_action_status');
  if (status === '201') {
    const result = { Location: location, Bucket: call.bucket.part.name, Key: call.key, ETag: etag };
    return { ...xmlAnswer(xmlDocument('PostResponse', result, false), { etag, location }), status: 201 };
  }
  return { status: status === '200' ? 200 : 204, headers: { etag, location } };
}
