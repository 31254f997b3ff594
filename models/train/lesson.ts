import type { PixelImage } from "../../src/engine/engine.ts";
import type { ChatMessage } from "../../src/prompts/chat-message.ts";

/** One picture, what is asked about it, and the answer to be learnt. */
export interface Lesson {
  readonly id: string;
  /** Made when it is asked for: thousands of pictures need not lie in memory at once. */
  readonly picture: () => Promise<PixelImage>;
  readonly question: string;
  readonly answer: string;
}

/** The chat that asks the question: the picture first, as in every prompt of the project. */
export function lessonMessages({ question }: Lesson): ChatMessage[] {
  return [{ role: "user", parts: [{ image: 0 }, { text: question }] }];
}
