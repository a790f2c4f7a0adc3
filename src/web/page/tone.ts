/** How good a piece of news is. Color only repeats what the words beside it say. */
export type Tone = "plain" | "good" | "careful" | "bad";
