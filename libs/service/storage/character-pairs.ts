/** Every two characters (code points) that stand together, each pair once: any longer piece of a text is made of them. */
export function pairsOf(text: string): string[] {
  const characters = [...text]
  return [...new Set(characters.slice(1).map((character, index) => `${characters[index]}${character}`))]
}
