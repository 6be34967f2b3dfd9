# frozen_string_literal: true

class LlmRouter
  # The answers of one job: what earlier runs of it have paid for, so that this run does not buy them again. See
  # {JobSettings#remember_answers} and docs/jobs.md.
  #
  # An answer belongs to the job, to the place where a run resumed (see {CurrentJob::Run#name}), to the request, and to
  # its number among the run's calls with the same request: two calls with one prompt are two answers.
  # @api private
  class RememberedAnswers
    require "llm_router/rails/remembered_answers/seal"
    require "llm_router/rails/remembered_answers/response_cache"
    require "llm_router/rails/remembered_answers/row"
    require "llm_router/rails/remembered_answers/table"
    require "llm_router/rails/remembered_answers/cache"
    require "llm_router/rails/remembered_answers/kept"

    # @return [Seal]
    attr_reader :seal
    # @return [Float] seconds that an answer is kept
    attr_reader :seconds

    # A run of the current job. If it succeeds, its answers are deleted.
    # @yield the job's perform
    # @return [Object] what the block returns
    # @raise [ConfigurationError] there is no app whose secret could encrypt
    def self.during
      run = CurrentJob.current
      config = LlmRouter.config
      return yield if !config.remember_answers || run.nil? || run.answers

      answers = run.answers = new(run, config)
      result = yield
      answers.delete
      result
    end

    # @param run [CurrentJob::Run]
    # @param config [Configuration]
    def initialize(run, config)
      @run = run
      @config = config
      @seconds = config.remember_answers
      @seal = Seal.new
      @store = config.answer_store ? Cache.new(config) : Table.new
      @lock = Mutex.new
      @numbers = Hash.new(0)
    end

    # @param budget [Object]
    # @param chain [Chain]
    # @param messages [Array<Hash>]
    # @param own_messages [Array<Array(String, Array<Hash>)>, nil] see {CandidateMessages.of}
    # @param options [Hash]
    # @return [Kept, nil] nil for what is no JSON: the call says so itself
    def of(budget, chain, messages, own_messages, options)
      request = @seal.digest(of_chain(chain), messages, own_messages&.map(&:last), options)
      return unless request

      number = @lock.synchronize { @numbers[request] += 1 }
      key = @seal.digest(@run.name, number, request)
      Kept.new(self, @store.at(budget, key, @run.id), key, headers(number))
    end

    # @param requests [Array<Hash>] of {LlmRouter#call_all}
    # @param own_messages [Array<Array>, nil] the same for each
    # @return [Array<Kept, nil>]
    def all(budget, chain, requests, own_messages)
      requests.each_with_index.map do |request, number|
        of(budget, chain, request[:messages], own_messages&.fetch(number), request.except(*Input::OURS))
      end
    end

    # @return [void]
    def delete
      quietly("deleted") { @store.delete(@run.id) }
    end

    # A store that is down does not stop the job: its answers are bought again.
    # @param what [String] could not be done with an answer
    # @return [Object, nil] what the block returns
    # @raise [Database::TablesMissing] if it could not be read: before anything is bought
    def quietly(what, &)
      Uninterrupted.run(&)
    rescue StandardError => e
      raise if what == "read" && missing?(e)

      Log.new(@config.logger).write(:warn) { "an answer could not be #{what} (#{e.class}), for job #{@run.id}" }
      nil
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{@run.id}>"
    end

    private

    def of_chain(chain)
      chain.candidates.map { |candidate| [candidate.model, candidate.endpoint.name, candidate.params] }
    end

    # Of the first call with a request alone: a second one is to get another answer.
    def headers(number)
      number == 1 ? ResponseCache.headers(@config, @seconds) : []
    end

    # By name, as an app may have no Active Record.
    def missing?(error)
      error.class.to_s.end_with?("::TablesMissing")
    end
  end
end
