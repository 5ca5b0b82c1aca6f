/** How an HTTP answer differs from what its path's family would make of the output alone. */
export interface HttpForm {
  /** Additional headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** 202: the work continues. 304 has no body. */
  readonly status?: 200 | 202 | 304 | 503;
  /** A text body instead of JSON; the headers name its type. */
  readonly text?: string;
}

/** An operation's return value that also controls the HTTP response. */
export class HttpOutput<Output = unknown> {
  readonly output: Output;
  readonly form: HttpForm;

  constructor(output: Output, form: HttpForm) {
    this.output = output;
    this.form = form;
  }
}
