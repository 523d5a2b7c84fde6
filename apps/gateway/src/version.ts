/** Of the API and of what serves it. */
export const version = '0.1.0';
