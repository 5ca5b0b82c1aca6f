/** How an answer over HTTP differs from what the family of its path would make of the output alone. */
export interface HttpForm {
  /** What it says beside its body. */
  readonly headers?: Readonly<Record<string, string>>;
  /** 202: the work goes on. 304 goes without a body. */
  readonly status?: 200 | 202 | 304 | 503;
  /** In place of JSON; the headers say what it is. */
  readonly text?: string;
}

/** What an operation gives back that has something to say on how it travels over HTTP. */
export class HttpOutput<Output = unknown> {
  readonly output: Output;
  readonly form: HttpForm;

  constructor(output: Output, form: HttpForm) {
    this.output = output;
    this.form = form;
  }
}
