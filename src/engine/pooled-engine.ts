import { seed64 } from "../util/random.ts";
import { describeRanks } from "./describe-ranks.ts";
import type {
  Engine,
  ForwardRequest,
  ForwardResult,
  SampledCompletion,
  StepResult,
  TokenGradients,
} from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import { pooledPrompts } from "./pooled-prompts.ts";
import { readTicket, writeTicket } from "./pooled-ticket.ts";
import { type Rank, type RankCall, together } from "./rank.ts";
import { inOrder, type Share, shareOut } from "./share-out.ts";
import { checkShape } from "./wire-requests.ts";

/**
 * Several ranks as one engine. Prompts of a request are dealt out and the answers put back in the request's order; what
 * changes weights or adapters goes to all ranks. A Step is called on all at once: inside it they sum their gradients, so
 * that every rank makes the same update (engine/chexengine/joint_step.py).
 *
 * Numbers differ from one rank's by rounding alone, but for dropout, whose masks are each rank's own.
 */
export function pooledEngine(ranks: readonly Rank[]): Engine {
  const lost = Promise.race(ranks.map((rank) => rank.lost));
  lost.catch(() => {}); // whoever waits for a verb hears of it
  const prompts = pooledPrompts(ranks, lost);
  /** Adapters of which some ranks have added a gradient and others have not. */
  const torn = new Set<string>();
  /** What the open tickets' Forwards were. */
  const open = new Map<string, ForwardRequest>();

  const onAll = <T>(call: (engine: Engine) => Promise<T>): Promise<T[]> =>
    together(
      lost,
      ranks.map(({ engine }, rank) => ({ rank, answer: call(engine) })),
    );
  const first = <T>(answers: readonly T[]): T => {
    const [answer] = answers;
    if (answer === undefined) throw new EngineError("refused", "engine: there are no ranks");
    return answer;
  };
  const onShares = <S, T>(
    shares: readonly Share<S>[],
    call: (engine: Engine, share: Share<S>) => Promise<T>,
  ): RankCall<T>[] =>
    shares.flatMap((share) => {
      const engine = ranks[share.rank]?.engine;
      return engine === undefined ? [] : [{ rank: share.rank, answer: call(engine, share) }];
    });
  /**
   * Calls that add gradients: all ranks do, or in the end none. Where memory was short on some, the others take theirs back
   * by adding its opposite (the same but for rounding), so that the batch can be gone over in smaller parts.
   */
  const adding = async <T>(
    request: ForwardRequest,
    gradients: TokenGradients,
    calls: readonly RankCall<T>[],
  ): Promise<T[]> => {
    let added: readonly number[] = [];
    try {
      return await together(lost, calls, (done) => {
        added = done;
      });
    } catch (error) {
      if (added.length === 0) throw error;
      torn.add(request.adapter);
      if (!(error instanceof EngineError) || error.fault !== "out-of-memory") throw error;
      const opposite = gradients.map((group) => group.map((tokens) => tokens.map((value) => -value)));
      const shares = shareOut(request.groups, ranks.length).filter(({ rank }) => added.includes(rank));
      const undoing = { ...request, gradients: opposite, keepGraph: false };
      await together(
        lost,
        onShares(shares, (engine, share) => engine.forward(partOf(undoing, share))),
      );
      torn.delete(request.adapter);
      throw error;
    }
  };

  return {
    describe: async () => describeRanks(await onAll((engine) => engine.describe())),

    async load(options) {
      const models = await onAll((engine) => engine.load(options));
      requireSame(
        models.map(({ hash }) => hash),
        "loaded different models",
      );
      return first(models);
    },

    prepare: (given) => prompts.prepare(given),
    extend: (handle, tokens) => prompts.extend(handle, tokens),
    tokenize: async (texts) => first(await onFirst((engine) => engine.tokenize(texts))),

    async sample(request, onCompletion) {
      const shares = shareOut(request.prompts, ranks.length);
      await prompts.bring(shares);
      const named = (share: Share<unknown>, one: SampledCompletion): SampledCompletion => ({
        ...one,
        prompt: share.places[one.prompt] ?? one.prompt,
      });
      const answers = await together(
        lost,
        onShares(shares, async (engine, share) => {
          const hear = onCompletion && ((one: SampledCompletion) => onCompletion(named(share, one)));
          const rows = await engine.sample({ ...request, prompts: share.items }, hear);
          return rows.map((row) => row.map((one) => named(share, one)));
        }),
      );
      return inOrder(shares, answers);
    },

    async forward(request) {
      const { gradients } = request;
      if (gradients !== undefined) checkShape(request.groups, gradients);
      const shares = shareOut(request.groups, ranks.length);
      await prompts.bring(shares);
      const calls = onShares(shares, (engine, share) => engine.forward(partOf(request, share)));
      const answers = await (gradients === undefined
        ? together(lost, calls)
        : adding(request, gradients, calls));
      const groups = inOrder(
        shares,
        answers.map((answer) => answer.groups),
      );
      const ticket = ticketOf(request, shares, answers, ranks.length);
      if (ticket !== "") open.set(ticket, request);
      return { groups, ticket };
    },

    async backward(ticket, gradients) {
      const { tickets, shape } = readTicket(ticket);
      const given = JSON.stringify(gradients.map((group) => group.map((tokens) => tokens.length)));
      if (given !== JSON.stringify(shape))
        throw new EngineError(
          "refused",
          `engine: Backward: gradients for tokens ${given}, the ticket's Forward had ${JSON.stringify(shape)}`,
        );
      const shares = shareOut(gradients, ranks.length);
      const calls = onShares(shares, (engine, { rank, items }) =>
        engine.backward(tickets[rank] ?? "", items),
      );
      const request = open.get(ticket);
      open.delete(ticket);
      // A used ticket, or another pool's: every rank refuses its part.
      await (request === undefined ? together(lost, calls) : adding(request, gradients, calls));
    },

    async zeroGrad(adapter) {
      await onAll((engine) => engine.zeroGrad(adapter));
      torn.delete(adapter);
    },

    async step(adapter, expectedStep, settings) {
      if (torn.has(adapter))
        throw new EngineError(
          "refused",
          `engine: Step: some ranks failed to add their gradient to adapter ${adapter}: zeroGrad, and go over the batch again`,
        );
      const answers = await onAll((engine) => engine.step(adapter, expectedStep, settings));
      const say = ({ gradientNorm, outcome, step }: StepResult) => `${gradientNorm} ${outcome} ${step}`;
      requireSame(answers.map(say), "made different Steps");
      for (const [ticket, request] of open) if (request.adapter === adapter) open.delete(ticket);
      return first(answers);
    },

    async newAdapter(name, origin, trainable) {
      return first(await onAll((engine) => engine.newAdapter(name, origin, trainable)));
    },

    saveState: async (adapter, folder, options) =>
      first(await onFirst((engine) => engine.saveState(adapter, folder, options))),

    async loadState(adapter, folder, options) {
      const loaded = await onAll((engine) => engine.loadState(adapter, folder, options));
      torn.delete(adapter);
      return first(loaded);
    },

    async free(what) {
      if ("handle" in what) return prompts.free(what.handle);
      if ("ticket" in what) {
        const { tickets } = readTicket(what.ticket);
        open.delete(what.ticket);
        const held = tickets.flatMap((ticket, rank) =>
          ticket === null ? [] : [{ rank, items: [ticket], places: [] }],
        );
        await together(
          lost,
          onShares(held, (engine, { items }) => engine.free({ ticket: items[0] ?? "" })),
        );
        return;
      }
      await onAll((engine) => engine.free(what));
      torn.delete(what.adapter);
    },
  };

  function onFirst<T>(call: (engine: Engine) => Promise<T>): Promise<T[]> {
    const [rank] = ranks;
    return together(lost, rank === undefined ? [] : [{ rank: 0, answer: call(rank.engine) }]);
  }
}

/** A rank's part of a Forward. Each rank but the first draws other dropout masks: the same would tie their rows together. */
function partOf(request: ForwardRequest, share: Share<ForwardRequest["groups"][number]>): ForwardRequest {
  const { gradients, dropoutSeed, ...rest } = request;
  const own =
    dropoutSeed === undefined || share.rank === 0 ? dropoutSeed : seed64(dropoutSeed, "rank", share.rank);
  return {
    ...rest,
    groups: share.items,
    ...(gradients === undefined ? {} : { gradients: share.places.map((place) => gradients[place] ?? []) }),
    ...(own === undefined ? {} : { dropoutSeed: own }),
  };
}

function ticketOf(
  { groups }: ForwardRequest,
  shares: readonly Share<unknown>[],
  answers: readonly ForwardResult[],
  ranks: number,
): string {
  const tickets = Array.from({ length: ranks }, (_, rank) => {
    const answer = answers[shares.findIndex((share) => share.rank === rank)];
    return answer === undefined || answer.ticket === "" ? null : answer.ticket;
  });
  if (tickets.every((ticket) => ticket === null)) return "";
  const shape = groups.map(({ completions }) => completions.map((tokens) => tokens.length));
  return writeTicket({ tickets, shape });
}

/** Ranks that ended up with different answers have parted: nothing after that could be believed. */
function requireSame(said: readonly string[], what: string): void {
  const other = said.findIndex((one) => one !== said[0]);
  if (other !== -1)
    throw new EngineError(
      "failed",
      `ranks 0 and ${other} ${what} (${said[0]}; ${said[other]}): run again, the work goes on from the last checkpoint`,
    );
}
