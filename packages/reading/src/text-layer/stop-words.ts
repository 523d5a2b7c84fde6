/** The commonest words of printed text by language code (ISO 639-3, as OCR data is named). A layer without them is not that language. */
const lists: Record<string, string> = {
  eng: 'the of and to a in is that for it as was with be by on not this are or from at which an have has had but were their they one all we can if its will each there been when who more no would so into than them what how also your you he she his her i my do does may then these those must should between after because',
  deu: 'der die das und in zu den von ist mit sich des auf für nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde wenn kann was ich wir ihr',
  fra: 'de la le et les des en un une du est que pour dans qui par sur au il plus ne pas ce se sont avec son sa ses ou aux être cette mais comme on nous leur elle ont été fait à ces tout si je vous',
  spa: 'de la que el en y a los del se las por un para con no una su al lo es como más pero sus le ya o este sí porque esta entre cuando muy sin sobre también me hasta hay donde son está ser fue',
  ita: 'di e il la che in a per un del le è con non una i da si dei al gli sono come della lo nel più ma alla se delle su questo anche o ha dalla essere nella ci',
  por: 'de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou ser quando muito há nos já está também só pelo pela',
  nld: 'de van het een en in is dat op te zijn met voor niet aan er om ook als bij of uit nog naar door over ze maar dan hij was worden wordt tot deze die je kan',
};

const sets = new Map(Object.entries(lists).map(([language, words]) => [language, new Set(words.split(' '))]));

/** Words of all the languages together; null when one of them has no list here, since its text could not be told from nonsense. */
export function findStopWords(languages: readonly string[]): ReadonlySet<string> | null {
  const found = languages.map((language) => sets.get(language));
  if (found.length === 0 || found.includes(undefined)) return null;
  return new Set(found.flatMap((set) => [...(set ?? [])]));
}

/** How much a text looks like its language: tokens with a letter, and the shares of them that are common words, and that have the shape of a word. */
export interface LanguageLook {
  tokens: number;
  common: number;
  shaped: number;
}

/** Measures words as they stand between blanks; null when one of the languages has no list here. */
export function measureLanguage(words: readonly string[], languages: readonly string[]): LanguageLook | null {
  const stopWords = findStopWords(languages);
  if (stopWords === null) return null;
  const tokens = words
    .map((word) => word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '').toLowerCase())
    .filter((token) => /\p{L}/u.test(token));
  const shaped = tokens.filter((token) => /^\p{L}+(?:['’-]\p{L}+)*$/u.test(token) && token.length <= 24 && /[aeiouyà-ÿ]/u.test(token));
  const share = (some: readonly string[]) => (tokens.length === 0 ? 0 : some.length / tokens.length);
  return { tokens: tokens.length, common: share(tokens.filter((token) => stopWords.has(token))), shaped: share(shaped) };
}
