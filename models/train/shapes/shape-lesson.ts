import { type RandomStream, randomStream } from "../../../src/util/random.ts";
import type { Lesson } from "../lesson.ts";
import { renderShapes } from "./render-shapes.ts";
import { drawShapes, SHAPE_KINDS, type Shape } from "./shape.ts";

/**
 * What can be asked about a picture of shapes, and the answer. Most lessons go through all kinds, absent ones too: that
 * teaches the tower fastest. Shapes are named in the order of their kinds, never by place: the tower's positions are
 * relative, so a tiny one is slow to learn what is top and what is left.
 */
const TASKS: readonly {
  readonly weight: number;
  readonly question: string;
  readonly answer: (shapes: readonly Shape[], stream: RandomStream) => string;
}[] = [
  {
    weight: 6,
    question: "What is there of each shape?",
    answer: (shapes) =>
      SHAPE_KINDS.map((kind) => {
        const shape = shapes.find((candidate) => candidate.kind === kind);
        return `${kind} ${shape ? `${shape.size} ${shape.tone}` : "none"}`;
      }).join(" "),
  },
  {
    weight: 3,
    question: "Describe this picture.",
    answer: (shapes, stream) => {
      const opening = stream.pick([
        "This is a picture of plain shapes.",
        "The picture shows plain shapes.",
        "",
      ]);
      const sentences = shapes.map((shape) => describe(shape, stream));
      const closing = stream.pick(["Nothing else is seen.", `That is ${count(shapes.length)} in all.`, ""]);
      return [opening, ...sentences, closing].filter((part) => part !== "").join(" ");
    },
  },
  {
    weight: 1,
    question: "Which shapes are in this picture?",
    answer: (shapes) => shapes.map(({ kind }) => kind).join(", "),
  },
  {
    weight: 1,
    question: "How many shapes are there?",
    answer: (shapes) => `There ${shapes.length === 1 ? "is" : "are"} ${count(shapes.length)}.`,
  },
  {
    weight: 1,
    question: "Where is each shape?",
    answer: (shapes) => shapes.map(({ kind, place }) => `${kind}: ${place}`).join(", "),
  },
];

const NUMBERS = ["no", "one", "two", "three"];

/** "one shape", "two shapes". */
function count(shapes: number): string {
  return `${NUMBERS[shapes] ?? String(shapes)} ${shapes === 1 ? "shape" : "shapes"}`;
}

function describe({ kind, tone, size, place }: Shape, stream: RandomStream): string {
  return stream.pick([
    `There is a ${size} ${tone} ${kind} at the ${place}.`,
    `A ${size} ${tone} ${kind} is seen at the ${place}.`,
    `At the ${place} lies a ${size} ${tone} ${kind}.`,
  ]);
}

/** Lesson number `index` of a seed: a picture of plain shapes and one question about it. */
export function shapeLesson(seed: number, index: number, size: number): Lesson {
  const stream = randomStream(seed, "shapes", index);
  const shapes = drawShapes(stream);
  const { question, answer } = stream.pick(
    TASKS.flatMap((task) => Array<typeof task>(task.weight).fill(task)),
  );
  return {
    id: `shapes ${index}`,
    picture: async () => renderShapes(shapes, size, randomStream(seed, "shape-picture", index)),
    question,
    answer: answer(shapes, stream),
  };
}

/** Every question, for the vocabulary. */
export const SHAPE_QUESTIONS: readonly string[] = TASKS.map(({ question }) => question);
