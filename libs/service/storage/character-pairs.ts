/** Every pair of neighbouring characters (code points) of a text, once. */
export function pairsOf(text: string): string[] {
  const characters = [...text]
  return [...new Set(characters.slice(1).map((character, index) => `${characters[index]}${character}`))]
}
