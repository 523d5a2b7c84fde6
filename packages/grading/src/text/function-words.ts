const lists: Record<string, string> = {
  en: `a an the and or but if then than that this these those there here it its they them their he she his her him we us our you your i me my
    is are was were be been being am do does did done has have had having can could will would shall should may might must of in on at to from by for
    with about into onto over under up down out off as so such which who whom whose what when where why how all any both each some also just very
    too only own same other more most because while during between through after before again`,
  de: `der die das den dem des ein eine einer eines einem einen und oder aber wenn dann als dass daß dies diese dieser dieses diesen diesem da dazu damit dabei
    davon daran hier es sie er ihn ihm ihr ihre ihrer ihren ihrem wir uns unser ich mich mir mein meine meiner du dich dir dein deine ist sind war waren sein
    seine gewesen bin bist sei hat habe haben hatte hatten kann können konnte wird werden wurde wurden werde worden soll sollte sollten sollen sollst muss müssen
    darf dürfen würde würden wäre kannst im in ins an am auf zu zum zur von vom bei beim für mit über unter aus um nach vor durch so welche welcher welches wer
    was wann wo warum wie alle allem auch nur noch sehr man sich ob weil denn doch schon etwas sowie bzw usw etc`,
};

/** Words that carry grammar and not content. Negations are not among them: they change what is said. */
const functionWords = new Map(Object.entries(lists).map(([lang, words]) => [lang, new Set(words.split(/\s+/))]));

/** The list of a language (`en`, `de`, also `en-GB`); null where none is known. */
export function functionWordsOf(lang: string): ReadonlySet<string> | null {
  return functionWords.get(lang.slice(0, 2).toLowerCase()) ?? null;
}
