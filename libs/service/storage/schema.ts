/** Fields of a mongoose schema that every document has, all of one type. */
export const requiredFields = <T, Name extends string>(type: T, ...names: Name[]) =>
  Object.fromEntries(names.map((name) => [name, { type, required: true }])) as Record<
    Name,
    { type: T; required: true }
  >
