# Clones a repository without its submodules, because their addresses need an account. `install` fetches the submodules
# that it builds.
class RbeeSourceDownloadStrategy < GitDownloadStrategy
  private

  def submodules?
    false
  end
end
