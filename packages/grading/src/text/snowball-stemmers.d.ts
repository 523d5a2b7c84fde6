declare module 'snowball-stemmers' {
  interface Snowball {
    newStemmer(algorithm: string): { stem(word: string): string };
    algorithms(): string[];
  }
  const snowball: Snowball;
  export default snowball;
}
