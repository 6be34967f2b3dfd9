# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # Makes the rows of +llm_incidents+. They hold no prompt, answer, key or words of an endpoint.
    # @api private
    module Incidents
      # Characters of the columns.
      LIMITS = { model: 191, endpoint: 191, provider: 191, failed_model: 191, job_class: 191, job_id: 191 }.freeze
      private_constant :LIMITS

      module_function

      # @param call [EndedCall]
      # @return [Hash{Symbol => Object}] a row
      def row(call)
        cut({ created_at: Time.now, chain: call.chain_name, feature: call.feature, outcome: call.outcome.name,
              tags: JSON.generate(call.labels.tags), model: call.model, endpoint: call.response&.endpoint,
              duration: call.seconds.round(3), cost_usd: cost(call), **job, **served(call.response),
              **failure(call.hops) })
      end

      def job
        run = CurrentJob.current
        { job_class: run&.job_class, job_id: run&.id }
      end

      # @param response [Response, nil]
      def served(response)
        attempts = response&.routing&.fetch("attempt", nil)
        { provider: response&.provider,
          provider_attempts: (attempts if attempts.is_a?(Integer) && attempts.between?(0, 1000)) }
      end

      def failure(hops)
        first = hops.find(&:attempted?) || hops.first
        { failed_model: first&.model, reason: first ? first.reason.name : "",
          hops: JSON.generate(hops.map { |hop| hop(hop) }) }
      end

      def hop(hop)
        { model: hop.model, endpoint: hop.endpoint, reason: hop.reason, status: hop.status,
          duration: hop.duration.round(3), cost_usd: hop.cost_usd&.to_s("F") }
      end

      # Of the answer and of failed attempts.
      def cost(call)
        [call.response&.cost_usd, *call.hops.map(&:cost_usd)].compact.sum(BigDecimal(0))
      end

      def cut(row)
        LIMITS.each { |column, limit| row[column] = row[column].to_s.scrub.delete("\0")[0, limit] }
        row
      end
    end
  end
end
