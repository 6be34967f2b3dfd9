# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Every candidate of every chain, and the switch.
    # @api private
    class Chains < Page
      # What a switch may last, as {CallRecord::SwitchInput.seconds} takes it.
      TIMES = { "30m" => "30 minutes", "2h" => "2 hours", "8h" => "8 hours", "1d" => "a day", "7d" => "a week" }.freeze
      # Days back for the shares of answers.
      DAYS = 7
      HISTORY = 10
      MILLION = 1_000_000
      private_constant :DAYS, :HISTORY, :MILLION

      def title = "Chains"

      # @return [Array<Chain>]
      def chains
        Configuration.current.chains
      end

      # @return [Models]
      def models
        @models ||= Models.new(environment)
      end

      # @return [Array(Integer, Integer)] a candidate's answers, and all of its chain
      def answers(chain, candidate)
        of_chain = all_answers.select { |(name, _), _| name == chain.name.name[0, 64] }
        [of_chain.fetch([chain.name.name[0, 64], candidate.model[0, 191]], 0), of_chain.values.sum]
      end

      # @return [Price, nil]
      def price(candidate)
        @prices ||= PriceList.new(chains.flat_map(&:candidates).uniq)
        @prices.of(candidate)
      end

      # @param rate [BigDecimal] US dollars per token
      # @return [String]
      def per_million(rate)
        usd(rate * MILLION)
      end

      # @return [Array<Switch>] in force, of models of no chain
      def others
        LlmRouter.switches.select { |switch| switch.models.empty? }
      end

      # @return [Array<Switch>] also those that are over, the newest first
      def history
        @history ||= CallRecord::Switchboard.history(HISTORY)
      end

      private

      # @return [Hash{Array(String, String) => Integer}] by chain and model
      def all_answers
        @all_answers ||= begin
          answered = CallRecord::Stat.where(environment: environment, outcome: "answered")
          answered.where("starts_at > ?", Time.now - (DAYS * 86_400)).group(:chain, :model).sum(:calls)
        end
      end
    end
  end
end
