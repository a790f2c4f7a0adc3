/** Reads a body as text whatever its media type. workerd warns of `text()` on a type that is not text. */
export const textOf = async (response: Response): Promise<string> =>
  new TextDecoder().decode(await response.arrayBuffer());
