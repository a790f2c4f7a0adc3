/** What a page answers: HTML, or the way to another page. */
export type PageAnswer = { status: number; html: string } | { status: 303; location: string };
