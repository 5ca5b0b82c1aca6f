import type { Format } from '../core/bucket-definition.ts';

/** The formats that a text can be required to have. */
export const formats: Readonly<Record<Format, (text: string) => boolean>> = {
  /** something@something.something, without spaces */
  email(text) {
    const [name, domain = '', ...more] = text.split('@');
    return name !== '' && more.length === 0 && domain.slice(1, -1).includes('.') && !/\s/.test(text);
  },
  /** Any URL that a browser can parse, in any scheme. */
  url: (text) => URL.canParse(text),
  'iso-date': isIsoDate,
};

const isoDate =
  /^(\d{4})-(\d\d)-(\d\d)(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?)?$/;

/** `YYYY-MM-DD` of a day that exists, alone or with a time; the time has a zone or not. */
function isIsoDate(text: string): boolean {
  const [, year, month, day] = isoDate.exec(text) ?? [];
  if (year === undefined) return false;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}
