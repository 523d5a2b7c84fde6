/** Why a model gave nothing usable; `kind` is a code for logs, without any text of a request or reply. */
export class ModelError extends Error {
  readonly kind: string;
  constructor(kind: string, cause?: unknown) {
    super(`The model call failed: ${kind}`, cause === undefined ? undefined : { cause });
    this.name = 'ModelError';
    this.kind = kind;
  }
}
