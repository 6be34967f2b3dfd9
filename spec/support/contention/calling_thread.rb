# frozen_string_literal: true

# One thread that makes calls of any size until the budget refuses one for good. While only the reservations of other
# calls are in the way, it waits a moment and repeats the call.
class CallingThread
  # Seconds after which the thread counts as stuck.
  LIMIT = 600
  # Seconds between two tries: another process settles without notice.
  PAUSE = 0.02..0.08
  private_constant :LIMIT, :PAUSE

  # @param router [LlmRouter]
  # @param prompt [String]
  # @param tokens [Range<Integer>] how long an answer may be
  # @param random [Random]
  # @param journal [Journal] where it records each event
  # @param spent [Proc] reads the database
  def initialize(router:, prompt:, tokens:, random:, journal:, spent:)
    @router = router
    @prompt = [{ role: "user", content: prompt }]
    @tokens = tokens
    @random = random
    @journal = journal
    @spent = spent
    @ends_at = now + LIMIT
  end

  # @return [void]
  def run
    loop do
      @journal.note("call")
      break unless call(@random.rand(@tokens))
    end
  end

  private

  # @return [Boolean] whether to go on
  def call(most)
    @router.call(messages: @prompt, max_tokens: most)
    @journal.note("answer")
  rescue LlmRouter::BudgetExceeded => e
    return @journal.note("stop", @spent.call) && false unless e.retry_after
    return @journal.note("late") && false if now > @ends_at

    @journal.note("wait")
    sleep(@random.rand(PAUSE))
    retry
  rescue LlmRouter::ChainExhausted => e
    @journal.note("failure", e.message)
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  # One line for each event, in a file that all processes share and that outlives those that are killed.
  class Journal
    # @param path [String]
    def initialize(path)
      @file = File.open(path, "a")
    end

    # @return [true]
    def note(event, detail = nil)
      @file.syswrite([event, detail.is_a?(BigDecimal) ? detail.to_s("F") : detail].compact.join(" ") << "\n")
      true
    end
  end
end
