/**
 * Content types that an upload may have, by content and not by name. They stand apart from the schemas for processes that need no more: loading those takes a
 * tenth of a second and 26 MB.
 */
export const mediaTypes = ['application/pdf', 'image/png', 'image/jpeg', 'image/tiff', 'image/webp'] as const;
