/** URLs of the engines that fail in one way each, for `engineModule` of a pool. */
export const testEngines = {
  crash: new URL('./engine-crash.ts', import.meta.url).href,
  hang: new URL('./engine-hang.ts', import.meta.url).href,
  pid: new URL('./engine-pid.ts', import.meta.url).href,
};
