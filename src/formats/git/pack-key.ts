/** Where a repository's pack or index lies in R2; `file` is its name in `objects/pack`. */
export const packKey = (repository: string, file: string): string => `git/${repository}/${file}`;
