import { hash } from 'node:crypto';
import escapeHtml from 'escape-html';

const style =
  'body{font:16px/1.5 system-ui;margin:0 auto;max-width:75rem;padding:1rem;overflow-wrap:anywhere}table{border-collapse:collapse;width:100%}' +
  'th,td{border-bottom:1px solid #ccc;padding:.25rem .5rem;text-align:left;vertical-align:top}th{white-space:nowrap}code{font-size:.85em}' +
  'button{font:inherit;padding:.5rem 1rem}[role=status],[role=alert]{border-left:4px solid;padding:.25rem .75rem}[role=alert]{color:#a40000}nav a{margin-right:1rem}';

/** Headers of operators' pages: the one style named by its hash, our own form, no script, no frame, kept nowhere. */
export const adminPageHeaders = {
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'Cache-Control': 'no-store',
};

/** HTML that is safe to put into a page. */
export interface Html {
  readonly html: string;
}

/** Makes HTML: whatever is put in is escaped, unless it was made by this, too. */
export function html(parts: TemplateStringsArray, ...values: Array<Html | readonly Html[] | string | number>): Html {
  return { html: parts.map((part, index) => (index === 0 ? part : toText(values[index - 1]) + part)).join('') };
}

function toText(value: Html | readonly Html[] | string | number | undefined): string {
  if (typeof value === 'object' && 'html' in value) return value.html;
  return typeof value === 'object' ? value.map((one) => one.html).join('\n') : escapeHtml(String(value ?? ''));
}

/** A page for operators, with the way to the others. */
export function adminPage(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Gradeflow: ${title}</title>
<style>${{ html: style }}</style></head><body><nav><a href="/admin">Operators</a><a href="/admin/stuck">What stands still</a><a href="/admin/queues">Queues</a></nav>
<h1>${title}</h1>
${body}</body></html>
`.html;
}

/** In UTC, as all times here are. */
export function timeOf(time: string): Html {
  return html`<time datetime="${time}">${time.slice(0, 19).replace('T', ' ')} UTC</time>`;
}
