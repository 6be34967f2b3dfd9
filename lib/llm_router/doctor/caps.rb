# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Whether budgets have a cap.
    # @api private
    class Caps < DatabaseCheck
      # Rows that are looked at, as a default cap may depend on the owner.
      SAMPLE = 200
      private_constant :SAMPLE

      private

      def examine
        return none if models.empty?

        models.each { |model| model(model) }
      end

      def model(model)
        here = model.unscoped.where(environment: Budget.environment)
        rows = here.where(cap_usd: nil).order(model.primary_key).limit(SAMPLE).to_a
        open = rows.select { |row| row.cap_usd.nil? }
        total = here.count
        return green("#{model}: each of #{total} budgets has one") if open.empty?

        count = open.size < SAMPLE ? open.size.to_s : "#{SAMPLE} or more"
        yellow("#{model}: #{count} of #{total} budgets have none, such as #{open.first.scope_in_words}",
               "Set cap_usd, or default_cap_usd in #{model}")
      rescue ActiveRecord::ActiveRecordError
        unknown("#{model}: its table cannot be read")
      end
    end
  end
end
