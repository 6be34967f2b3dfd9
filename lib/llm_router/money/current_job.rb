# frozen_string_literal: true

class LlmRouter
  # The job that this thread performs, and the idempotency keys of its attempts: job id and number, the same in each run
  # of the job. A run that resumes halfway makes other attempts, so its keys also name where it resumed.
  # @api private
  module CurrentJob
    HERE = :llm_router_current_job
    private_constant :HERE

    # @!attribute [r] id
    #   @return [String]
    # @!attribute [r] progress
    #   @return [#call, nil] returns where a run that resumed began; nil or empty for the beginning
    # @!attribute [rw] attempts
    #   @return [Integer] how many keys were handed out
    # @!attribute [r] job_class
    #   @return [String, nil]
    # @!attribute [rw] answers
    #   @return [RememberedAnswers, nil] those of earlier runs; nil if none are kept
    Run = Struct.new(:id, :progress, :attempts, :job_class, :answers) do
      # @return [String] the idempotency key of the next attempt
      def next_key
        "#{name}/#{self.attempts += 1}"
      end

      # Computed at the first attempt: by then the job knows where it resumed.
      # @return [String] the job's id, and where this run resumed
      def name
        @name ||= begin
          resumed = progress&.call
          resumed.nil? || resumed.empty? ? id : "#{id}/#{digest(resumed.inspect)}"
        end
      end

      private

      # Loaded here: only runs that resume need it.
      def digest(text)
        require "digest"
        Digest::SHA256.hexdigest(text)[0, 12]
      end
    end

    module_function

    # @param id [String]
    # @param progress [#call, nil] see {Run}
    # @param job_class [String, nil]
    # @yield the job's perform
    def with(id, progress = nil, job_class = nil, &)
      id == current&.id ? yield : FiberLocal.set(HERE, Run.new(id, progress, 0, job_class), &)
    end

    # @return [Run, nil]
    def current
      Thread.current[HERE]
    end
  end
end
