# frozen_string_literal: true

class LlmRouter
  # Many calls at once, on one thread. Rust walks their chains and says what has become of each; see
  # ext/llm_router/src/walk/batch/mod.rs for the order.
  # @api private
  class Batch
    # An error that is the result of a request of {LlmRouter#call_all}, be it the router's or a budget's own.
    module Result
      # @return [Object, nil] what was given as +context:+ with the request
      attr_accessor :context
    end

    # @return [Hash{Integer => BatchedCall}] those that have begun and not ended, by the place of their request
    attr_reader :calls

    # @param requests [Array<Hash>]
    # @param call [Hash] what each {BatchedCall} is made of
    # @yieldparam request [Hash]
    # @yieldparam result [Response, StandardError, ScriptError]
    def initialize(requests, call, &block)
      @requests = requests
      @call = call
      @config = call.fetch(:config)
      @block = block
      @calls = {}
      @results = Array.new(requests.size)
      @unseen = []
      @reserving = Account.of(call.fetch(:budget)).reserving?
      @process = Process.pid
      @mask = Uninterrupted.mask
    end

    # @yieldparam batch [Batch] to walk with
    # @return [Array<Response, StandardError, ScriptError>]
    def run
      yield self
      @results.freeze
    ensure
      Uninterrupted.run(@mask) { @calls.each_value(&:leave) if here? }
    end

    # @yieldparam result [Response, StandardError, ScriptError] as soon as it is there
    def watch(&watcher)
      @watcher = watcher
    end

    # Whether the calls' gates have to know how large a request is.
    def reserving?
      @reserving
    end

    # @return [BigDecimal, Integer] US dollars: the most that attempts under way can cost
    def held_usd
      @calls.each_value.sum(&:held_usd)
    end

    # @return [BatchedCall]
    def begin(number)
      @calls[number] = BatchedCall.new(batch: self, context: context_of(number), **@call).begin
    end

    # @param response [Response]
    def answered(number, response)
      end_with(number, response)
    end

    # @param error [StandardError, ScriptError]
    # @param alone [Boolean] whether no other call is under way, which may hold money and give it back
    # @return [Boolean] whether the budget has nothing left for anybody
    def failed(number, error, alone)
      end_with(number, error)
      @spent = error if error.is_a?(BudgetExceeded) && error.nothing_left? && (alone || !reserving?)
      !@spent.nil?
    end

    # None of the requests from this one on is started.
    def give_up(first)
      (first...@requests.size).each { |number| finish(number, not_started(number)) }
      Log.new(@config.logger).write(:warn) do
        "requests[#{first}..#{@requests.size - 1}] were not started: the budget has nothing left"
      end
    end

    # Shows the block what it has not seen yet. In a child that it forks, what is left is the parent's to show.
    def show
      while here? && (number = @unseen.shift)
        @block&.call(@requests[number], @results[number])
      end
    end

    # The thread waits now. What the block, or a budget, has taken a connection for is done.
    def rest
      Hooks.run(:before_wait) if @config.release_connections
    end

    private

    # Whether this is the process that began.
    def here?
      @process == Process.pid
    end

    def context_of(number)
      request = @requests[number]
      request.fetch(:context) { request["context"] }
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

    # It was never raised, and has the backtrace of the one that was.
    def not_started(number)
      message = "requests[#{number}] was not started, for the budget had nothing left: #{@spent.message}"
      BudgetExceeded.new(message, **@spent.details).tap { |error| error.set_backtrace(@spent.backtrace) }
    end
  end
end
