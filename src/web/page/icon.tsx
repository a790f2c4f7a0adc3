import type { FC } from "hono/jsx";
import { LOGO_PATHS, SPRITE_PATH } from "./assets.ts";
import type { IconName } from "./icons.ts";

/** An icon beside the words that say the same: screen readers skip it. Its size and color are those of the text. */
export const Icon: FC<{ name: IconName }> = ({ name }) => (
  <svg class="icon" aria-hidden="true">
    <use href={`${SPRITE_PATH}#${name}`} />
  </svg>
);

/** An icon on a tinted square, for the head of a card. */
export const IconTile: FC<{ name: IconName }> = ({ name }) => (
  <span class="tile">
    <Icon name={name} />
  </span>
);

/** The mark of rbee: a cell of a honeycomb with an r. Decorative, because the name stands beside it. */
export const Logo: FC = () => (
  <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
    <path fill="#f7ab2b" d={LOGO_PATHS.cell} />
    <path fill="none" stroke="#241600" stroke-width="3.4" stroke-linecap="round" d={LOGO_PATHS.letter} />
  </svg>
);
