import type { RequestHandler } from 'express';

/** How long a client may go on sending a body that was already answered. */
const lingerMs = 10_000;

/**
 * An answer that comes before the whole body (404, 413) would be lost if the connection were cut at once, so the rest is read and thrown away, but
 * not for ever.
 */
export const boundUnreadBody: RequestHandler = (req, res, next) => {
  res.once('finish', () => {
    if (req.complete) return;
    const timer = setTimeout(() => req.destroy(), lingerMs).unref();
    req.once('close', () => clearTimeout(timer));
  });
  next();
};
