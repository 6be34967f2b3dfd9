# frozen_string_literal: true

require "json"
require "timeout"
require "llm_router"
require_relative "tracked_call"
require_relative "faults"
require_relative "forked_children"
require_relative "interruption"
require_relative "journal"
require_relative "journaling_budget"
require_relative "leftovers"
require_relative "vitals"

module Soak
  # A process of an app, as a program of its own: threads that call, one after the other, calls that are interrupted,
  # children that call. It takes commands from its standard input, and ends at once when that ends.
  class Worker
    CHAINS = [
      [%w[first acme/large], %w[second globex/large], %w[first initech/small], %w[second umbrella/small]],
      [%w[second globex/large], %w[first acme/large], %w[second initech/small], %w[first umbrella/small]]
    ].freeze
    # Seconds between two calls of a thread, and between two children.
    PAUSE = 0.02..0.15
    FORK_PAUSE = 1.0..2.0
    # The share of calls that is interrupted.
    INTERRUPTED = 0.1
    private_constant :CHAINS, :PAUSE, :FORK_PAUSE, :INTERRUPTED

    # @param options [Hash{String => Object}] as {Run} writes them
    def initialize(options)
      @port = options.fetch("port")
      @threads = options.fetch("threads")
      @seed = options.fetch("seed")
      @journal = Journal.new(options.fetch("journal"))
      @budget = JournalingBudget.new(@journal)
      @database = options["database"]
      @stopped = false
      @may_end = Queue.new
    end

    # @return [void]
    def run
      obey_commands
      configure
      open_database if @database
      @clients = CHAINS.product(@rows ? @rows.sets : [[]]).map { |chain, rows| client(chain, rows) }
      rest
      leftovers = Leftovers.new(@journal, @rows)
      $stdout.syswrite("ready\n")
      work
      $stdout.syswrite("stopped\n")
      # The gateway has gone: no socket has a reason to live.
      leftovers.note { rest } if @may_end.pop == :cleared_up
    end

    private

    def configure
      LlmRouter.configure do |config|
        config.api_key = "soak-key"
        config.endpoint :first, base_url: "http://127.0.0.1:#{@port}/first/v1", api_key: "soak-key"
        # By its name, so that a resolver is at work.
        config.endpoint :second, base_url: "http://localhost:#{@port}/second/v1", api_key: "soak-key"
        config.endpoint :nowhere, base_url: "http://127.0.0.1:1/v1", api_key: "soak-key"
        config.timeout = 1
        config.deadline = 3
        config.max_answer_bytes = MOST
        # The gateway's ledger has one line for each call and model.
        config.retries = 0
        config.price_ttl = nil
        # Ruby's Logger swallows an interrupt that comes while it writes.
        config.logger = nil
        config.on_hop { |hop| hopped(hop) }
      end
    end

    # The calls of {#rest} are not recorded. A model that is skipped may still be called,
    # when all are cooling down.
    def hopped(hop)
      return unless JournalingBudget.tag
      return @journal.note("skipped", hop.reason) unless hop.attempted?

      @journal.note("hop", JournalingBudget.tag, "#{hop.endpoint}:#{hop.model}", hop.reason, hop.generation_id,
                    hop.cost_usd&.to_s("F"))
    end

    def open_database
      require_relative "rows"
      @rows = Rows.new(@database, @threads, @journal)
    end

    # @return [Array] a router, and the ids of the rows that pay for its calls
    def client(chain, rows)
      chain = chain.map { |endpoint, model| { endpoint: endpoint.to_sym, model: model } }
      [LlmRouter.new(chain: chain, budget: rows.any? ? [*rows, @budget] : @budget), rows.map(&:id)]
    end

    # Makes what is made on first use, and gives what has ended a turn to end: the runtime only runs in a call.
    def rest
      LlmRouter.new(chain: [{ model: "no/body", endpoint: :nowhere }], budget: LlmRouter::Unlimited)
               .call(messages: [{ role: "user", content: "Hi" }])
    rescue LlmRouter::ChainExhausted
      Timeout.timeout(60) { Thread.new { nil }.join }
    end

    def work
      others = Array.new(@threads) { |index| Thread.new { call(Random.new(@seed + index)) } }
      others << Thread.new { fork_children }
      main(Random.new(@seed - 1))
      others.each(&:join)
    end

    def call(random)
      interruption = Interruption.new(@journal, random)
      until @stopped
        tracked = new_call(random)
        random.rand < INTERRUPTED ? interruption.run(Interruption::KINDS.sample(random: random), tracked) : tracked.run
        sleep(random.rand(PAUSE))
      end
    end

    # The thread that signals come to.
    def main(random)
      interruption = Interruption.new(@journal, random)
      until @stopped
        interruption.run(Interruption::SIGNALS.sample(random: random), new_call(random))
        sleep(random.rand(PAUSE))
      end
    end

    def fork_children
      random = Random.new(@seed)
      forks = ForkedChildren.new(@journal) { new_call(random) }
      until @stopped
        forks.run
        sleep(random.rand(FORK_PAUSE))
      end
    end

    def new_call(random)
      router, rows = @clients.sample(random: random)
      TrackedCall.new(router, @journal, rows: rows)
    end

    # By a line, or by a deployment's signal; then nothing waits for it.
    # (A shell's job in the background would inherit that Ctrl-C is ignored.)
    def obey_commands
      trap(:INT, "DEFAULT")
      trap(:TERM) { (@stopped = true) && @may_end.push(:at_once) }
      Thread.new do
        while (line = $stdin.gets)
          obey(*line.split)
        end
        exit!(1)
      end
    end

    def obey(command, label = nil)
      case command
      when "measure" then measure(label)
      when "stop" then @stopped = true
      when "end" then @may_end.push(:cleared_up)
      end
    end

    def measure(label)
      GC.start
      @journal.note("measure", label, Vitals.memory, TrackedCall.made)
    end
  end
end

Soak::Worker.new(JSON.parse(ARGV.fetch(0))).run
