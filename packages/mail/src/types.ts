/** One mail to one person, in plain text. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
}

export interface Mailer {
  /** Resolves once the server has taken it, or the file is there. Throws UnavailableError MAIL_UNAVAILABLE, PermanentError MAIL_REFUSED. */
  send(mail: Mail): Promise<void>;
  close(): void;
}
