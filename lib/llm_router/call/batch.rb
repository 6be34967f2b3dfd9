# frozen_string_literal: true

class LlmRouter
  # Many calls at once, on one thread. Rust walks their chains and runs the methods of the batch, in the order of
  # ext/llm_router/src/walk/batch/mod.rs.
  # @api private
  class Batch
    include BatchMoney

    # Extends an error that is the result of a request of {LlmRouter#call_all}.
    module Result
      # @return [Object, nil] the +context:+ of the request
      attr_accessor :context
    end

    # @return [Hash{Integer => BatchedCall}] the calls under way, by the index of their request
    attr_reader :calls

    # @param requests [Array<Hash>]
    # @param call [Hash] what each {BatchedCall} is made of
    # @param acceptances [Array<Acceptance, nil>] of the requests
    # @param kept [Array, nil] what the job of the calls keeps of each answer
    # @param places [Array<Integer>, nil] what errors call the requests, if others were taken out
    # @yieldparam request [Hash]
    # @yieldparam result [Response, StandardError, ScriptError]
    def initialize(requests, call, acceptances, kept = nil, places = nil, &block)
      @requests = requests
      @kept = kept
      @places = places
      @call = call
      @acceptances = acceptances
      @config = call.fetch(:config)
      @block = block
      @calls = {}
      @results = Array.new(requests.size)
      @unseen = []
      @reserving = Account.of(call.fetch(:budget)).reserving?
      @bulk = (BulkAccount.of(call.fetch(:budget), @config) if @reserving)
      # Calls that are made and have not begun, by the index of their request.
      @prepared = {}
      @process = Process.pid
      @mask = Uninterrupted.mask
    end

    # @yieldparam batch [Batch] to walk with
    # @return [Array<Response, StandardError, ScriptError>]
    def run
      yield self
      @results.freeze
    ensure
      Uninterrupted.run(@mask) { leave if here? }
    end

    # @yieldparam result [Response, StandardError, ScriptError] as soon as it is there
    def watch(&watcher)
      @watcher = watcher
    end

    # @return [Boolean] whether the gates of the calls need the bounds of a request
    def reserving?
      @reserving
    end

    # @return [BigDecimal, Integer] US dollars that the calls under way have reserved
    def held_usd
      @calls.each_value.sum(&:held_usd)
    end

    # @return [BatchedCall]
    def begin(number)
      call = @calls[number] = @prepared[number] || made(number)
      @prepared.delete(number)
      call.begin
    end

    # @param response [Response]
    def answered(number, response)
      end_with(number, response)
    end

    # @param error [StandardError, ScriptError]
    # @param alone [Boolean] whether no other call is under way, whose reservation may be released
    # @return [Boolean] whether the budget has nothing left for any call
    def failed(number, error, alone)
      end_with(number, error)
      @spent = error if error.is_a?(BudgetExceeded) && error.nothing_left? && (alone || !reserving?)
      !@spent.nil?
    end

    # Does not start the requests from this one on.
    def give_up(first)
      (first...@requests.size).each { |number| finish(number, not_started(number)) }
      Log.new(@config.logger).write(:warn) do
        "requests[#{place(first)}..#{place(@requests.size - 1)}] were not started: the budget has nothing left"
      end
    end

    # Yields new results to the block. Not in a child that the block forks: they are the parent's.
    def show
      while here? && (number = @unseen.shift)
        @block&.call(@requests[number], @results[number])
      end
    end

    # The thread is about to wait, so the block and the budget have no use for database connections.
    def rest
      Hooks.run(:before_wait) if @config.release_connections
    end

    private

    def made(number)
      BatchedCall.new(batch: self, context: context_of(number), labels: Input.labels(@requests[number]),
                      acceptance: @acceptances[number], kept: @kept&.fetch(number), **@call)
    end

    def leave
      @prepared.each_value(&:close)
      @calls.each_value(&:leave)
    end

    # Whether this is the process that began the batch.
    def here?
      @process == Process.pid
    end

    def context_of(number)
      Input.given(@requests[number], :context)
    end

    def end_with(number, result)
      @calls.fetch(number).end_with(result)
      @calls.delete(number)
      finish(number, result)
    end

    def finish(number, result)
      result.extend(Result).context = context_of(number) if result.is_a?(Exception) && !result.frozen?
      @results[number] = result
      @unseen << number
      @watcher&.call(result)
    end

    # What errors call a request.
    def place(number)
      @places ? @places.fetch(number) : number
    end

    # Never raised itself, so it gets the backtrace of the error that ended the batch.
    def not_started(number)
      message = "requests[#{place(number)}] was not started, because the budget had nothing left: #{@spent.message}"
      BudgetExceeded.new(message, **@spent.details).tap { |error| error.set_backtrace(@spent.backtrace) }
    end
  end
end
