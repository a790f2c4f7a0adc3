/** Where a license's page is; `done` is what has just been done there. */
export const licensePath = (id: string, done?: string): string =>
  `/account/licenses/${id}${done === undefined ? "" : `?done=${done}`}`;
