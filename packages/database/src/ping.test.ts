import { expect, it } from '@jest/globals';
import { createPing } from './ping.ts';

it('asks once for all who come meanwhile, and once more for those when that fails', async () => {
  const asked: Array<PromiseWithResolvers<void>> = [];
  const ping = createPing(() => {
    const question = Promise.withResolvers<void>();
    asked.push(question);
    return question.promise;
  });
  const [first, second, third] = [ping(), ping(), ping()];
  expect(asked).toHaveLength(1);
  asked[0]?.reject(new Error('Connection terminated'));
  await expect(first).rejects.toMatchObject({ code: 'POSTGRES_UNAVAILABLE' });
  expect(asked).toHaveLength(2);
  asked[1]?.resolve();
  await Promise.all([second, third]);
});
