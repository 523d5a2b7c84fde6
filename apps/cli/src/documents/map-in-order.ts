/**
 * Works on items with at most `concurrency` at once (also ahead of the reader) and gives results in the items' order.
 * An error ends the sequence; what has begun is left to finish.
 */
export async function* mapInOrder<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Array<Promise<R>> = [];
  for await (const item of items) {
    const result = work(item);
    // Looked at below; until then a rejection is not "unhandled".
    result.catch(() => {});
    running.push(result);
    if (running.length >= concurrency) yield (await running.shift()) as R;
  }
  for (const result of running) yield await result;
}
